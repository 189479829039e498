/** What a conversation hears of its connection to the gateway. */
export type LineEvent = { type: 'connected' } | { type: 'lost' } | { type: 'over'; code: number };
