import type { QualityDetail } from './types.js';

export interface QualitySample {
  packets: number;
  lost: number;
  /** Seconds. */
  jitter: number;
  /** Seconds; undefined until the gateway's reports told it. */
  roundTrip: number | undefined;
}

/** How a stretch between two samples sounded: the E-model of ITU-T G.107 in its short form, from loss and delay. */
export function qualityBetween(before: QualitySample, after: QualitySample): QualityDetail {
  const packets = after.packets - before.packets;
  const lost = Math.max(0, after.lost - before.lost);
  const loss = packets + lost > 0 ? (100 * lost) / (packets + lost) : 0;
  const latency = ((after.roundTrip ?? 0) * 1000) / 2 + after.jitter * 2000 + 10;
  const r = 93.2 - (latency < 160 ? latency / 40 : (latency - 120) / 10) - 2.5 * loss;
  const mos = packets === 0 ? 1 : r < 0 ? 1 : Math.min(4.5, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r));
  const warnings: string[] = [];
  if (packets === 0) warnings.push('no-packets');
  if (loss > 3) warnings.push('high-loss');
  if (after.jitter > 0.03) warnings.push('high-jitter');
  if ((after.roundTrip ?? 0) > 0.4) warnings.push('high-delay');
  return { mos: Math.round(mos * 10) / 10, warnings };
}

/** good, fair or poor: what the dot shows. */
export function grade(mos: number): 'good' | 'fair' | 'poor' {
  return mos >= 3.8 ? 'good' : mos >= 3 ? 'fair' : 'poor';
}

export async function sample(connection: RTCPeerConnection): Promise<QualitySample> {
  const now: QualitySample = { packets: 0, lost: 0, jitter: 0, roundTrip: undefined };
  for (const report of (await connection.getStats()).values() as Iterable<Record<string, number | string>>) {
    if (report['type'] === 'inbound-rtp') {
      now.packets += Number(report['packetsReceived'] ?? 0);
      now.lost += Number(report['packetsLost'] ?? 0);
      now.jitter = Math.max(now.jitter, Number(report['jitter'] ?? 0));
    } else if (report['type'] === 'remote-inbound-rtp' && report['roundTripTime'] !== undefined) {
      now.roundTrip = Number(report['roundTripTime']);
    }
  }
  return now;
}
