/**
 * The page's connection to the server (its Blazor circuit) comes and goes apart from the phone. This shows its loss as a
 * banner, tries to bring it back, and loads the page anew only when no call would end by that.
 */

interface BlazorGlobal {
  reconnect?: () => Promise<boolean>;
  addEventListener?: (name: string, listener: () => void) => void;
}

const modalId = 'components-reconnect-modal';

export function attachReconnect(inCall: () => boolean, onPage: () => void): void {
  const blazor = () => (globalThis as { Blazor?: BlazorGlobal }).Blazor;
  let watched: Element | null = null;
  let trying: ReturnType<typeof setInterval> | undefined;

  const reloadWhenFree = () => {
    if (!inCall()) location.reload();
  };

  const onState = () => {
    const classes = watched?.classList;
    const failed = classes?.contains('components-reconnect-failed') ?? false;
    const rejected = classes?.contains('components-reconnect-rejected') ?? false;
    clearInterval(trying);
    trying = undefined;
    // Rejected: the server is there but has forgotten this page. Failed: it may come back.
    if (rejected) trying = setInterval(reloadWhenFree, 2000);
    else if (failed) {
      trying = setInterval(() => {
        void blazor()?.reconnect?.().then((found) => found || reloadWhenFree(), () => {});
      }, 5000);
    }
  };

  const watch = () => {
    const modal = document.getElementById(modalId);
    if (!modal || modal === watched) return;
    watched = modal;
    new MutationObserver(onState).observe(modal, { attributes: true, attributeFilter: ['class'] });
  };

  watch();
  const listen = () => blazor()?.addEventListener?.('enhancedload', () => {
    watch();
    onPage();
  });
  if (blazor()) listen();
  else addEventListener('load', listen, { once: true });
}
