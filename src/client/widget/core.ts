import { BrowserAudioPort } from '../adapters/browser-audio.js';
import { browserClock } from '../adapters/browser.js';
import { type ConversationPorts, WidgetConversation } from './conversation.js';
import { WidgetLine } from './line.js';
import { Panel } from './panel.js';
import { openSession } from './session.js';
import type { Conversation, WidgetHost } from './types.js';

/**
 * The phone of the widget, loaded on the first click: everything that is not needed to show a button. The loader checks this
 * file's hash before it runs.
 */
export function open(host: WidgetHost): Conversation {
  const ports: ConversationPorts = {
    audio: new BrowserAudioPort(''),
    clock: browserClock,
    line: (session) => new WidgetLine(session),
    session: (request, signal) => openSession(host, request, signal),
  };
  let panel: Panel | undefined;
  const conversation = new WidgetConversation(host, ports, () => panel?.update());
  panel = new Panel(host, conversation);
  // A page that goes says good-bye; what cannot be said, the gateway notices by itself.
  addEventListener('pagehide', () => void conversation.hangup());
  return conversation;
}
