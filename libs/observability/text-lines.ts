/** Known to everybody who watches one job in one process; `facts` are what the message says, once more for machines. */
const LEFT_OUT = new Set(['level', 'time', 'msg', 'job', 'service', 'pid', 'hostname', 'facts']);

const STYLES = { dim: '\x1b[2m', yellow: '\x1b[33m', red: '\x1b[31m' };

/** `20:14:05 warning  the target is slow  (partition 3)`; a calm line has no level. */
export function formatLogLine(json: string, colour: boolean): string {
  const paint = (style: keyof typeof STYLES, text: string): string =>
    colour ? `${STYLES[style]}${text}\x1b[0m` : text;
  const { level, time, msg, ...fields } = JSON.parse(json) as { level: string; time: string; msg?: string };
  const rest = Object.entries(fields).filter(([name]) => !LEFT_OUT.has(name));
  const details = rest.map(([name, value]) => `${name} ${readable(value)}`).join(', ');
  return `${[
    paint('dim', time.slice(11, 19)),
    ...mark(level, paint),
    ...(msg ? [msg] : []),
    ...(details ? [paint('dim', `(${details})`)] : []),
  ].join(' ')}\n`;
}

function mark(level: string, paint: (style: keyof typeof STYLES, text: string) => string): string[] {
  if (level === 'info') return [];
  if (level === 'warn') return [paint('yellow', 'warning:')];
  if (level === 'error' || level === 'fatal') return [paint('red', 'error:')];
  return [paint('dim', `${level}:`)];
}

function readable(value: unknown): string {
  if (value !== null && typeof value === 'object' && 'message' in value) return String(value.message);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
