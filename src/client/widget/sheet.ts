/** The look of the button: the loader's part. Host pages change the variables, or the parts. */
export const buttonCss = `
:host { --_accent: var(--gw-call-accent, #0b5fbf); --_on-accent: var(--gw-call-on-accent, #fff); --_surface: var(--gw-call-surface, #fff); --_text: var(--gw-call-text, #16202c);
  --_muted: var(--gw-call-muted, #51606f); --_line: var(--gw-call-line, #d5dde5); --_soft: var(--gw-call-soft, #eef2f6); --_stop: var(--gw-call-stop, #c0262d); --_good: #1a7f4b; --_fair: #9a6700; --_poor: #c0262d;
  --_radius: var(--gw-call-radius, 1rem); --_font: var(--gw-call-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif);
  display: inline-block; font: 400 1rem/1.45 var(--_font); color: var(--_text); color-scheme: light; }
:host([hidden]), [hidden] { display: none !important; }
:host([theme=dark]) { --_accent: var(--gw-call-accent, #6db1ff); --_on-accent: var(--gw-call-on-accent, #06223f); --_surface: var(--gw-call-surface, #16202b); --_text: var(--gw-call-text, #eef3f8);
  --_muted: var(--gw-call-muted, #a9b8c6); --_line: var(--gw-call-line, #33424f); --_soft: var(--gw-call-soft, #22303c); --_stop: var(--gw-call-stop, #e5484d); --_good: #4cc38a; --_fair: #f0c000; --_poor: #ff8b8b; color-scheme: dark; }
@media (prefers-color-scheme: dark) { :host([theme=auto]), :host(:not([theme])) { --_accent: var(--gw-call-accent, #6db1ff); --_on-accent: var(--gw-call-on-accent, #06223f); --_surface: var(--gw-call-surface, #16202b);
  --_text: var(--gw-call-text, #eef3f8); --_muted: var(--gw-call-muted, #a9b8c6); --_line: var(--gw-call-line, #33424f); --_soft: var(--gw-call-soft, #22303c); --_stop: var(--gw-call-stop, #e5484d); --_good: #4cc38a; --_fair: #f0c000;
  --_poor: #ff8b8b; color-scheme: dark; } }
:host([position^=bottom]) { position: fixed; inset-block-end: max(1rem, env(safe-area-inset-bottom)); z-index: var(--gw-call-z, 2147483000); }
:host([position=bottom-right]) { right: 1rem; } :host([position=bottom-left]) { left: 1rem; }
:host([position=bottom-end]) { inset-inline-end: 1rem; } :host([position=bottom-start]) { inset-inline-start: 1rem; }
*, *::before, *::after { box-sizing: border-box; }
button, input { font: inherit; color: inherit; }
button { border: 0; background: none; padding: 0; margin: 0; cursor: pointer; touch-action: manipulation; }
button:disabled { opacity: .55; cursor: default; }
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 3px; }
.button { display: inline-flex; align-items: center; gap: .6rem; min-block-size: 2.875rem; min-inline-size: 2.875rem; padding: .6rem 1.25rem; border-radius: 99px; background: var(--_accent); color: var(--_on-accent); font-weight: 600; text-align: start; }
:host([position^=bottom]) .button { box-shadow: 0 4px 16px rgb(0 0 0 / .25); }
.button:hover { filter: brightness(1.07); }
.button svg { inline-size: 1.25rem; block-size: 1.25rem; flex: none; }
svg { fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.note { display: block; margin-block-start: .5rem; padding: .75rem 1rem; border-radius: var(--_radius); background: var(--_surface); color: var(--_text); border: 1px solid var(--_line); max-inline-size: 20rem; }
.note b { display: block; }
`;

/** The look of the panel, loaded with the phone. */
export const panelCss = `
.panel { inline-size: min(20rem, calc(100vw - 2rem)); border-radius: var(--_radius); background: var(--_surface); color: var(--_text); border: 1px solid var(--_line); padding: 1.1rem 1.1rem 1.25rem; text-align: center;
  box-shadow: 0 8px 32px rgb(0 0 0 / .22); }
:host(:not([position^=bottom])) .panel { box-shadow: none; }
.head { display: flex; align-items: center; gap: .5rem; text-align: start; }
.title { flex: 1; min-inline-size: 0; margin: 0; font-size: 1rem; font-weight: 650; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.title:focus { outline: none; }
.icon { inline-size: 2.75rem; block-size: 2.75rem; display: grid; place-items: center; border-radius: 50%; color: var(--_muted); flex: none; margin-inline-end: -.5rem; margin-block: -.5rem; }
.icon:hover { background: var(--_soft); color: var(--_text); }
.icon svg { inline-size: 1.25rem; block-size: 1.25rem; }
.status { margin: .9rem 0 0; font-size: 1.125rem; font-weight: 600; }
.advice { margin: .35rem 0 0; color: var(--_muted); font-size: .9375rem; }
.line { display: flex; justify-content: center; align-items: center; gap: .5rem; min-block-size: 1.6rem; margin-block-start: .25rem; color: var(--_muted); }
.timer { font-size: 1.25rem; font-variant-numeric: tabular-nums; direction: ltr; unicode-bidi: isolate; color: var(--_text); }
.dot { inline-size: .75rem; block-size: .75rem; border-radius: 50%; background: var(--_line); flex: none; }
.dot[data-grade=good] { background: var(--_good); } .dot[data-grade=fair] { background: var(--_fair); border-radius: 3px; } .dot[data-grade=poor] { background: var(--_poor); clip-path: polygon(50% 0, 100% 100%, 0 100%); border-radius: 0; }
.wait { margin: 1rem auto 0; inline-size: 2.5rem; block-size: 2.5rem; border-radius: 50%; border: 3px solid var(--_line); border-block-start-color: var(--_accent); animation: turn 1s linear infinite; }
@keyframes turn { to { transform: rotate(1turn); } }
.digits { min-block-size: 1.5rem; letter-spacing: .15em; font-variant-numeric: tabular-nums; direction: ltr; color: var(--_muted); overflow: hidden; }
.keys { display: grid; grid-template-columns: repeat(3, 1fr); gap: .5rem; margin-block: .5rem .25rem; direction: ltr; }
.key { min-block-size: 2.875rem; border-radius: .75rem; background: var(--_soft); font-size: 1.25rem; font-weight: 500; }
.key:hover { filter: brightness(.96); } :host([theme=dark]) .key:hover { filter: brightness(1.15); }
.controls { display: flex; justify-content: center; align-items: flex-start; gap: 1.25rem; margin-block-start: 1rem; flex-wrap: wrap; }
.control { display: flex; flex-direction: column; align-items: center; gap: .35rem; inline-size: 4.75rem; font-size: .8125rem; border-radius: .75rem; }
.control span { inline-size: 3.25rem; block-size: 3.25rem; border-radius: 50%; display: grid; place-items: center; background: var(--_soft); }
.control svg { inline-size: 1.4rem; block-size: 1.4rem; }
.control[aria-pressed=true] span, .control[aria-expanded=true] span { background: var(--_text); color: var(--_surface); }
.control.stop span { background: var(--_stop); color: #fff; }
.control:hover span { filter: brightness(1.07); }
.actions { display: flex; gap: .6rem; justify-content: center; flex-wrap: wrap; margin-block-start: 1.1rem; }
.action { min-block-size: 2.75rem; padding: .5rem 1.1rem; border-radius: 99px; font-weight: 600; background: var(--_soft); }
.action.main { background: var(--_accent); color: var(--_on-accent); }
.form { display: grid; gap: .5rem; margin-block-start: 1rem; text-align: start; }
.form label { font-size: .875rem; color: var(--_muted); }
.form input { min-block-size: 2.75rem; padding: .4rem .75rem; border: 1px solid var(--_muted); border-radius: .6rem; background: var(--_surface); inline-size: 100%; direction: ltr; }
.form .action { justify-self: center; }
.form p { margin: 0; font-size: .9375rem; }
.form p:empty { display: none; }
.bad { color: var(--_poor); }
@media (prefers-reduced-motion: reduce) { .wait { animation-duration: 4s; } }
@media (forced-colors: active) { .button, .panel, .action, .key, .control span { border: 1px solid ButtonText; } .dot { forced-color-adjust: none; } }
`;
