/**
 * Tables of which the server renders only the rows in view (VirtualTable.razor): says which row is at the top, through the
 * hidden input beside the table, when that has changed by more than a few.
 */
export function attachVirtualTables(): void {
  let queued: HTMLElement | undefined;
  const tell = (box: HTMLElement) => {
    const input = box.querySelector<HTMLInputElement>(':scope > input[type=hidden]');
    const height = Number(box.dataset['virtual']);
    if (!input || !(height > 0)) return;
    const first = Math.floor(box.scrollTop / height);
    if (Math.abs(first - Number(input.value || 0)) < 5 && first !== 0) return;
    if (String(first) === input.value) return;
    input.value = String(first);
    input.dispatchEvent(new Event('change', { bubbles: true }));
  };
  // Scrolling does not bubble, but it can be caught on its way down.
  document.addEventListener(
    'scroll',
    (event) => {
      const box = event.target instanceof HTMLElement && event.target.dataset['virtual'] ? event.target : undefined;
      if (!box || queued === box) return;
      queued = box;
      requestAnimationFrame(() => {
        queued = undefined;
        tell(box);
      });
    },
    { capture: true, passive: true },
  );
}
