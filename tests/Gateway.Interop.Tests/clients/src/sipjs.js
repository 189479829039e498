import * as SIP from 'sip.js';
window.SIP = SIP;
