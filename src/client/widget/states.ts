/** Where a visitor's call stands. `closed` and `failed` say why there is none. */
export type WidgetState = 'idle' | 'loading' | 'microphone' | 'connecting' | 'ringing' | 'active' | 'ended' | 'closed' | 'failed';

export type WidgetInput = 'call' | 'ready' | 'allowed' | 'progress' | 'accepted' | 'over' | 'shut' | 'fail' | 'dismiss';

/** The table of the widget. An input that a state does not know leaves it as it is. */
export function nextState(state: WidgetState, input: WidgetInput): WidgetState {
  switch (`${state}/${input}` as const) {
    case 'idle/call':
    case 'ended/call':
    case 'closed/call':
    case 'failed/call':
      return 'loading';
    case 'loading/ready':
      return 'microphone';
    case 'microphone/allowed':
      return 'connecting';
    case 'connecting/progress':
      return 'ringing';
    case 'connecting/accepted':
    case 'ringing/accepted':
      return 'active';
    case 'loading/over':
    case 'microphone/over':
    case 'connecting/over':
    case 'ringing/over':
      // Given up before anyone answered: nothing has happened that needs an end.
      return 'idle';
    case 'active/over':
      return 'ended';
    case 'connecting/shut':
      return 'closed';
    case 'idle/fail':
    case 'ended/fail':
    case 'closed/fail':
    case 'failed/fail':
    case 'loading/fail':
    case 'microphone/fail':
    case 'connecting/fail':
    case 'ringing/fail':
    case 'active/fail':
      return 'failed';
    case 'ended/dismiss':
    case 'closed/dismiss':
    case 'failed/dismiss':
      return 'idle';
    default:
      return state;
  }
}

/** A call is on, or on its way. */
export function isLive(state: WidgetState): boolean {
  return state === 'loading' || state === 'microphone' || state === 'connecting' || state === 'ringing' || state === 'active';
}
