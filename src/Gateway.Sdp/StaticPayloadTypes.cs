namespace Gateway.Sdp;

/// <summary>The payload types that mean something without an a=rtpmap (RFC 3551 §6, tables 4 and 5).</summary>
public static class StaticPayloadTypes
{
    /// <summary>The codec of a static payload type; null when it is unassigned, reserved or dynamic.</summary>
    public static CodecDescription? Find(int payloadType) => payloadType switch
    {
        0 => new CodecDescription("PCMU", 8000, PayloadType: 0),
        3 => new CodecDescription("GSM", 8000, PayloadType: 3),
        4 => new CodecDescription("G723", 8000, PayloadType: 4),
        5 => new CodecDescription("DVI4", 8000, PayloadType: 5),
        6 => new CodecDescription("DVI4", 16000, PayloadType: 6),
        7 => new CodecDescription("LPC", 8000, PayloadType: 7),
        8 => new CodecDescription("PCMA", 8000, PayloadType: 8),
        9 => new CodecDescription("G722", 8000, PayloadType: 9),
        10 => new CodecDescription("L16", 44100, 2, PayloadType: 10),
        11 => new CodecDescription("L16", 44100, PayloadType: 11),
        12 => new CodecDescription("QCELP", 8000, PayloadType: 12),
        13 => new CodecDescription("CN", 8000, PayloadType: 13),
        14 => new CodecDescription("MPA", 90000, PayloadType: 14),
        15 => new CodecDescription("G728", 8000, PayloadType: 15),
        16 => new CodecDescription("DVI4", 11025, PayloadType: 16),
        17 => new CodecDescription("DVI4", 22050, PayloadType: 17),
        18 => new CodecDescription("G729", 8000, PayloadType: 18),
        25 => new CodecDescription("CelB", 90000, PayloadType: 25),
        26 => new CodecDescription("JPEG", 90000, PayloadType: 26),
        28 => new CodecDescription("nv", 90000, PayloadType: 28),
        31 => new CodecDescription("H261", 90000, PayloadType: 31),
        32 => new CodecDescription("MPV", 90000, PayloadType: 32),
        33 => new CodecDescription("MP2T", 90000, PayloadType: 33),
        34 => new CodecDescription("H263", 90000, PayloadType: 34),
        _ => null,
    };
}
