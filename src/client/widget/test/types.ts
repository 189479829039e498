import type { GwCall as Made } from '../element.js';
import type * as published from '../package/index.js';
import type { WidgetState } from '../states.js';
import type * as own from '../types.js';

// Compiled, never run: what the package declares is what the code has.

type Api = 'state' | 'tokenProvider' | 'captcha' | 'callbackHandler' | 'call' | 'hangup' | 'mute' | 'sendDtmf' | 'requestCallback';

export const declared: (made: Pick<Made, Api>) => Pick<published.GwCall, Api> = (made) => made;

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** A list that lacks a member, or has one too many, does not compile. */
export const same: readonly [
  Same<published.WidgetState, WidgetState>,
  Same<published.WidgetFailure, own.WidgetFailure>,
  Same<published.CallOptions, own.CallOptions>,
  Same<published.SessionAnswer, own.SessionAnswer>,
  Same<published.SessionRequest, own.SessionRequest>,
  Same<published.CaptchaChallenge, own.CaptchaChallenge>,
  Same<published.CallbackRequest, own.CallbackRequest>,
  Same<published.StateDetail, own.StateDetail>,
  Same<published.QualityDetail, own.QualityDetail>,
] = [true, true, true, true, true, true, true, true, true];
