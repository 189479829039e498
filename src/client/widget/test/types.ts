import type { GwCall as Made } from '../element.js';
import type { GwCall as Declared } from '../package/index.js';

/** Compiled, never run: what the package declares is what the element has. */
type Api = 'state' | 'tokenProvider' | 'captcha' | 'callbackHandler' | 'call' | 'hangup' | 'mute' | 'sendDtmf' | 'requestCallback';

export const declared: (made: Pick<Made, Api>) => Pick<Declared, Api> = (made) => made;
