/** Line icons on a 24×24 grid, drawn for this phone. */
const paths = {
  call: 'M6.2 3.5h2.6l1.7 4.6-2.1 1.7a12.5 12.5 0 0 0 5.8 5.8l1.7-2.1 4.6 1.7v2.6a2.3 2.3 0 0 1-2.5 2.3C10.200 19.600 4.400 13.800 3.900 6A2.300 2.300 0 0 1 6.200 3.500z',
  hangUp: 'M3.200 14.800v-2.300c5.100-4.600 12.500-4.600 17.600 0v2.300l-1.300 1.200-3.700-1.300v-2.600a12.600 12.600 0 0 0-7.600 0v2.600L4.500 16z',
  mic: 'M12 3.500a2.800 2.800 0 0 1 2.800 2.800v5.400a2.800 2.800 0 0 1-5.600 0V6.300A2.800 2.800 0 0 1 12 3.500zM5.800 11.500a6.200 6.200 0 0 0 12.400 0M12 17.700v2.800M9 20.500h6',
  micOff: 'M9.200 9.500v2.200a2.800 2.800 0 0 0 4.500 2.200M14.800 10.500V6.300a2.800 2.800 0 0 0-5.300-1.200M5.800 11.500a6.200 6.200 0 0 0 9.700 5.100M18.200 11.500a6.100 6.100 0 0 1-.6 2.700M12 17.700v2.800M9 20.500h6M4 4l16 16',
  pause: 'M9 5v14M15 5v14',
  play: 'M8 5l11 7-11 7z',
  keys: 'M5.500 5.500h.01M12 5.500h.01M18.500 5.500h.01M5.500 12h.01M12 12h.01M18.500 12h.01M5.500 18.500h.01M12 18.500h.01M18.500 18.500h.01',
  erase: 'M9 5.500h10.500a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H9L3.500 12zM11.500 9.500l5 5M16.500 9.500l-5 5',
  transfer: 'M4 8h12.500M12.500 4l4 4-4 4M20 16H7.500M11.500 12l-4 4 4 4',
  join: 'M5 5l7 7M19 5l-7 7v7M9 16l3 3 3-3',
  close: 'M6 6l12 12M18 6L6 18',
};

export type Icon = keyof typeof paths;

export function icon(name: Icon): string {
  const stroke = name === 'keys' ? 3.2 : 1.9;
  const filled = name === 'call' || name === 'hangUp' || name === 'play';
  const paint = filled ? 'fill="currentColor"' : `fill="none" stroke="currentColor" stroke-width="${stroke}"`;
  return `<svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" ${paint} stroke-linecap="round" stroke-linejoin="round"><path d="${paths[name]}"/></svg>`;
}
