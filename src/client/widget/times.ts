/** A length as a clock shows it. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  return `${hours > 0 ? `${hours}:` : ''}${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}

/** In the visitor's own time. */
export function when(iso: string, language: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const isToday = date.toDateString() === new Date().toDateString();
  const options: Intl.DateTimeFormatOptions = isToday ? { timeStyle: 'short' } : { weekday: 'long', hour: 'numeric', minute: '2-digit' };
  const tag = /^zh\b/i.test(language) ? 'zh-Hans' : 'en';
  return (tag === 'en' && !isToday ? 'on ' : tag === 'en' ? 'at ' : '') + new Intl.DateTimeFormat(tag, options).format(date);
}
