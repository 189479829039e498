import { open } from './core.js';
import { define, deliver, GwCall } from './element.js';

export type { GwCallOptions } from './element.js';
export type * from './types.js';
export { GwCall };

/**
 * The widget as an npm package: the phone comes with it, so the page's own bundle decides when it loads. Say which gateway by
 * the attribute or the option `gateway`.
 */
deliver({ load: () => Promise.resolve({ open }), gateway: '' });
define();
