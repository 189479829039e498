namespace Gateway.Sdp;

/// <summary>What a leg speaks, decided from the contact's transport and what it has shown; one profile for the leg's life.</summary>
public enum LegProfile : byte
{
    /// <summary>RTP/AVP or RTP/AVPF in the clear, in the smallest description that old phones take.</summary>
    Rtp,
    /// <summary>UDP/TLS/RTP/SAVPF: ICE-lite, DTLS-SRTP, rtcp-mux, BUNDLE (RFC 8829, RFC 8834). Anything weaker is refused.</summary>
    WebRtc,
    /// <summary>RTP/SAVP with keys in a=crypto (RFC 4568). Its place is here; its negotiation comes with the trunks.</summary>
    Sdes,
}
