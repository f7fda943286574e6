/** What people write for a UCUM code: `Cel` is °C, `m3/h` is m³/h, `/min` is 1/min. */
export function unitText(ucum: string | undefined): string {
  if (ucum === undefined || ucum === '1') return '';
  const known = NAMES.get(ucum);
  if (known !== undefined) return known;
  const text = ucum.replaceAll(/(?<=[a-zA-Z])([23])(?![0-9])/g, (_, power) => (power === '2' ? '²' : '³'));
  return text
    .replaceAll('.', '·')
    .replaceAll('Cel', '°C')
    .replace(/^\//, '1/')
    .replace(/^u(?=[A-Za-z])/, 'µ');
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['Cel', '°C'],
  ['[degF]', '°F'],
  ['deg', '°'],
  ['Ohm', 'Ω'],
  ['[ppm]', 'ppm'],
  ['{pcs}', 'pcs'],
]);
