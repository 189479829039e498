/** Why something did not work, in terms that a person can act on; ui/strings.ts has the words. */
export type Failure =
  | 'microphone-refused'
  | 'microphone-missing'
  | 'microphone-busy'
  | 'signed-out'
  | 'used-elsewhere'
  | 'refused-by-policy'
  | 'not-registered'
  | 'not-found'
  | 'busy'
  | 'declined'
  | 'forbidden'
  | 'no-answer'
  | 'unavailable'
  | 'no-common-codec'
  | 'network-lost'
  | 'overloaded'
  | 'server-error'
  | 'bad-number'
  | 'failed';

const byStatus: Readonly<Record<number, Failure>> = {
  401: 'signed-out',
  403: 'forbidden',
  404: 'not-found',
  407: 'signed-out',
  408: 'no-answer',
  410: 'not-found',
  415: 'no-common-codec',
  416: 'bad-number',
  484: 'bad-number',
  486: 'busy',
  488: 'no-common-codec',
  503: 'overloaded',
  600: 'busy',
  603: 'declined',
  604: 'not-found',
  606: 'no-common-codec',
};

/** The failure of a call that a final SIP status ended. 480 means "rang, nobody came" only when it had rung. */
export function failureOfStatus(status: number, hadRung: boolean): Failure {
  if (status === 480) return hadRung ? 'no-answer' : 'unavailable';
  const known = byStatus[status];
  if (known) return known;
  return status >= 500 && status < 600 ? 'server-error' : 'failed';
}

/** JsSIP's causes that come without a status. */
export function failureOfCause(cause: string): Failure {
  switch (cause) {
    case 'Connection Error':
    case 'Request Timeout':
    case 'RTP Timeout':
    case 'Dialog Error':
      return 'network-lost';
    case 'No Answer':
    case 'Expires':
      return 'no-answer';
    case 'User Denied Media Access':
      return 'microphone-refused';
    case 'Bad Media Description':
    case 'Incompatible SDP':
    case 'WebRTC Error':
      return 'no-common-codec';
    default:
      return 'failed';
  }
}
