/** The look of all phone elements. Colours and measures are the tokens of css/gateway.css, which a host page may set too. */
const css = `
:host { display: flex; flex-direction: column; color: var(--gw-text); font: inherit; }
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
button, input, select { font: inherit; color: inherit; }
button { border: 0; background: none; padding: 0; cursor: pointer; touch-action: manipulation; -webkit-tap-highlight-color: transparent; }
button:disabled { opacity: .45; cursor: not-allowed; }
:is(button, input, select, a):focus-visible { outline: 3px solid var(--gw-focus); outline-offset: 2px; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.panel { display: flex; flex-direction: column; flex: 1; }
.body > gw-dialpad, .body > gw-callbar { flex: 1; }
.head { display: flex; align-items: center; gap: .75rem; padding: 1rem 1.25rem; border-block-end: 1px solid var(--gw-line); }
.avatar { inline-size: 2.75rem; block-size: 2.75rem; border-radius: 50%; display: grid; place-items: center; flex: none;
  background: var(--gw-accent-soft); color: var(--gw-accent-strong); font-weight: 650; font-size: 1.05rem; }
.who { min-inline-size: 0; flex: 1; }
.who b, .who span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.who b { font-weight: 650; }
.who span { color: var(--gw-muted); font-size: .8125rem; }
.chip { display: inline-flex; align-items: center; gap: .45rem; font-size: .8125rem; font-weight: 600; padding: .3rem .7rem;
  border-radius: 99px; background: var(--gw-surface-2); color: var(--gw-text); white-space: nowrap; }
.chip::before { content: ''; inline-size: .55rem; block-size: .55rem; border-radius: 50%; background: var(--gw-dot-off); }
.chip[data-state=registered]::before { background: var(--gw-go); }
.chip[data-state=connecting]::before { background: var(--gw-warn); animation: pulse 1.2s ease-in-out infinite; }
.chip[data-state=failed]::before, .chip[data-state=offline]::before { background: var(--gw-stop); }
@keyframes pulse { 50% { opacity: .3; } }

.message { margin: .85rem 1.25rem 0; padding: .8rem .95rem; border-radius: var(--gw-radius-s); background: var(--gw-stop-soft);
  display: grid; grid-template-columns: 1fr auto; gap: .25rem .75rem; align-items: start; }
.message b { font-weight: 650; }
.message p { margin: 0; grid-column: 1; color: var(--gw-text-2); font-size: .875rem; line-height: 1.45; }
.message .x { grid-row: 1 / span 2; grid-column: 2; inline-size: 2.75rem; block-size: 2.75rem; margin: -.5rem -.5rem 0 0; display: grid; place-items: center; border-radius: 50%; color: var(--gw-text-2); }
.message .x svg { inline-size: 1.15rem; }
.message .act { grid-column: 1; justify-self: start; margin-block-start: .35rem; min-block-size: 2.75rem; padding: 0 1rem; border-radius: 99px; background: var(--gw-accent); color: var(--gw-on-accent); font-weight: 600; }

.body { flex: 1; display: flex; flex-direction: column; padding: 1rem 1.25rem 1.5rem; }

.display { display: flex; align-items: center; block-size: 4rem; margin-block-end: .5rem; position: relative; }
.display input { inline-size: 100%; block-size: 100%; border: 0; border-block-end: 2px solid var(--gw-line); border-radius: 0; background: none; text-align: center;
  font-size: 1.75rem; font-weight: 500; letter-spacing: .01em; padding: 0 3rem; font-variant-numeric: tabular-nums; }
.display input::placeholder { color: var(--gw-muted); font-size: 1rem; font-weight: 400; }
.display input:focus { outline: 0; border-block-end-color: var(--gw-accent); }
.display .erase { position: absolute; inset-inline-end: 0; inline-size: 2.75rem; block-size: 2.75rem; display: grid; place-items: center; color: var(--gw-muted); border-radius: 50%; }
.display .erase:hover { color: var(--gw-text); background: var(--gw-surface-2); }

.keys { display: grid; grid-template-columns: repeat(3, 1fr); gap: .75rem; inline-size: min(100%, 20rem); margin: .9rem auto; }
.key { aspect-ratio: 1.32; min-block-size: 3.4rem; border-radius: var(--gw-radius); background: var(--gw-key); display: flex; flex-direction: column; align-items: center; justify-content: center;
  font-size: 1.65rem; font-weight: 450; line-height: 1; user-select: none; transition: background .12s, transform .08s; }
.key small { font-size: .625rem; font-weight: 650; letter-spacing: .14em; color: var(--gw-muted); margin-block-start: .3rem; min-block-size: .7rem; }
.key:hover { background: var(--gw-key-hover); }
.key:active, .key.down { background: var(--gw-key-down); transform: scale(.97); }

.round { inline-size: 4.25rem; block-size: 4.25rem; border-radius: 50%; display: grid; place-items: center; transition: filter .12s, transform .08s; }
.round svg { inline-size: 1.85rem; block-size: 1.85rem; }
.round:active { transform: scale(.96); }
.go { background: var(--gw-go); color: var(--gw-on-go); }
.stop { background: var(--gw-stop); color: var(--gw-on-stop); }
.go:hover:not(:disabled), .stop:hover:not(:disabled) { filter: brightness(1.08); }
.callrow { display: flex; justify-content: center; margin-block: .5rem 1rem; }
.quick { display: flex; gap: .6rem; justify-content: center; flex-wrap: wrap; margin-block-start: auto; }
.quick button { min-block-size: 2.75rem; padding: 0 1rem; border-radius: 99px; border: 1px solid var(--gw-line-2); font-size: .875rem; font-weight: 550; background: var(--gw-surface); }
.quick button:hover { background: var(--gw-surface-2); }
.quick code { font: inherit; color: var(--gw-accent-strong); margin-inline-end: .4rem; font-weight: 650; }

.call { display: flex; flex-direction: column; align-items: center; flex: 1; text-align: center; padding-block-start: 1.25rem; }
.call .avatar { inline-size: 6rem; block-size: 6rem; font-size: 2.2rem; margin-block-end: 1rem; }
.call[data-keys] :is(.avatar, .number, .meter) { display: none; }
.call .avatar svg { inline-size: 2.4rem; block-size: 2.4rem; }
.call[data-state=dialling] .avatar, .call[data-state=ringing] .avatar { animation: ring 1.6s ease-out infinite; }
@keyframes ring { 0% { box-shadow: 0 0 0 0 var(--gw-ring); } 100% { box-shadow: 0 0 0 1.6rem transparent; } }
.call h2:focus { outline: none; }
.call h2 { font-size: 1.5rem; font-weight: 650; margin: 0; overflow-wrap: anywhere; }
.call .number { color: var(--gw-muted); margin: .15rem 0 0; min-block-size: 1.4rem; }
.call .state { margin: .6rem 0 0; font-weight: 550; color: var(--gw-text-2); min-block-size: 1.5rem; }
.call .timer { font-size: 1.25rem; font-weight: 550; font-variant-numeric: tabular-nums; min-block-size: 1.75rem; margin-block-start: .25rem; }
.call .digits { color: var(--gw-muted); letter-spacing: .12em; min-block-size: 1.4rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.meter { inline-size: 8rem; block-size: .375rem; border-radius: 99px; background: var(--gw-surface-2); overflow: hidden; margin: .6rem auto; }
.meter i { display: block; block-size: 100%; inline-size: 100%; transform-origin: left; transform: scaleX(var(--level, 0)); background: var(--gw-go); border-radius: 99px; }
.meter[data-off] i { background: var(--gw-dot-off); }
.controls { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem .5rem; inline-size: min(100%, 20rem); margin: auto auto 1.25rem; padding-block-start: 1rem; }
.control { display: flex; flex-direction: column; align-items: center; gap: .4rem; font-size: .8125rem; font-weight: 550; border-radius: var(--gw-radius); }
.control > span:first-child { inline-size: 3.75rem; block-size: 3.75rem; border-radius: 50%; display: grid; place-items: center; background: var(--gw-key); transition: background .12s; }
.control:hover:not(:disabled):not([aria-pressed=true], [aria-expanded=true]) > span:first-child { background: var(--gw-key-hover); }
.control[aria-pressed=true] > span:first-child, .control[aria-expanded=true] > span:first-child { background: var(--gw-accent); color: var(--gw-on-accent); }
.others { display: flex; flex-direction: column; gap: .5rem; inline-size: 100%; margin-block-end: .75rem; }
.others > div { display: flex; gap: .5rem; }
.others .join { flex: none; inline-size: 3rem; padding: 0; justify-content: center; background: var(--gw-accent); color: var(--gw-on-accent); }
.others button:first-child { flex: 1; min-inline-size: 0; }
.others b { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.others button { display: flex; gap: .75rem; justify-content: space-between; align-items: center; min-block-size: 3rem; padding: 0 1rem; border-radius: var(--gw-radius-s); background: var(--gw-surface-2); font-size: .9375rem; }
.others span { color: var(--gw-muted); }

.transfer { display: grid; grid-template-columns: 1fr 1fr; gap: .6rem; inline-size: min(100%, 20rem); margin-block-end: 1rem; text-align: start; }
.transfer label, .transfer input, .transfer .hint { grid-column: 1 / -1; }
.transfer label { font-weight: 600; font-size: .9375rem; }
.transfer input { min-block-size: 2.75rem; padding: 0 .9rem; border: 1px solid var(--gw-line-2); border-radius: var(--gw-radius-s); background: var(--gw-bg); inline-size: 100%; }
.act { min-block-size: 2.75rem; padding: 0 1rem; border-radius: 99px; background: var(--gw-accent); color: var(--gw-on-accent); font-weight: 600; }
.call[data-transfer] :is(.avatar, .meter, .digits) { display: none; }

.bar { display: flex; align-items: center; gap: .75rem; padding: .6rem .9rem; background: var(--gw-surface); border-radius: var(--gw-radius); box-shadow: var(--gw-shadow); border: 1px solid var(--gw-line); }
.bar .who span span { display: inline; }
.bar .round { inline-size: 2.9rem; block-size: 2.9rem; flex: none; }
.bar .round svg { inline-size: 1.35rem; block-size: 1.35rem; }
.bar .plain { background: var(--gw-key); }
.bar .plain[aria-pressed=true] { background: var(--gw-accent); color: var(--gw-on-accent); }

.incoming { display: flex; flex-direction: column; align-items: center; gap: .35rem; padding: 1.5rem 1.25rem 1.35rem; text-align: center; background: var(--gw-surface); border: 1px solid var(--gw-line);
  border-radius: var(--gw-radius-l); box-shadow: var(--gw-shadow-l); }
.incoming .avatar { inline-size: 4.75rem; block-size: 4.75rem; font-size: 1.8rem; animation: ring 1.4s ease-out infinite; margin-block-end: .5rem; }
.incoming .avatar svg { inline-size: 2rem; block-size: 2rem; }
.incoming p { margin: 0; color: var(--gw-text-2); font-weight: 550; }
.incoming h2 { margin: 0; font-size: 1.4rem; font-weight: 650; overflow-wrap: anywhere; }
.incoming .number { color: var(--gw-muted); font-weight: 400; }
.incoming .row { display: flex; gap: 3.25rem; margin-block-start: 1.1rem; }
.incoming .row > div { display: flex; flex-direction: column; align-items: center; gap: .4rem; font-size: .875rem; font-weight: 550; }

.fields { display: grid; gap: 1.25rem; }
.field { display: grid; gap: .4rem; }
.field > label:not(.switch), .legend { font-weight: 600; font-size: .9375rem; }
select { min-block-size: 2.75rem; padding: 0 .75rem; border: 1px solid var(--gw-line-2); border-radius: var(--gw-radius-s); background: var(--gw-surface); inline-size: 100%; }
.switch { display: grid; grid-template-columns: auto 1fr; gap: .1rem .9rem; align-items: center; padding-block: .5rem; min-block-size: 2.75rem; cursor: pointer; }
.switch input { appearance: none; inline-size: 2.9rem; block-size: 1.7rem; margin: 0; border-radius: 99px; background: var(--gw-dot-off); position: relative; cursor: pointer; grid-row: span 2; transition: background .15s; }
.switch input::after { content: ''; position: absolute; inset-block-start: .2rem; inset-inline-start: .2rem; inline-size: 1.3rem; block-size: 1.3rem; border-radius: 50%; background: #fff; transition: translate .15s; box-shadow: 0 1px 2px #0004; }
.switch input:checked { background: var(--gw-accent); }
.switch input:checked::after { translate: 1.2rem 0; }
.switch b { font-weight: 550; }
.switch small { color: var(--gw-muted); font-size: .8125rem; grid-column: 2; line-height: 1.4; }
.test { display: flex; align-items: center; gap: 1rem; flex-wrap: wrap; }
.test .meter { flex: 1; min-inline-size: 8rem; margin: 0; block-size: .6rem; }
.plainbutton { min-block-size: 2.75rem; padding: 0 1.1rem; border-radius: 99px; border: 1px solid var(--gw-line-2); background: var(--gw-surface); font-weight: 550; }
.plainbutton:hover { background: var(--gw-surface-2); }
.hint { color: var(--gw-muted); font-size: .875rem; margin: 0; }

@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}
`;

export const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
