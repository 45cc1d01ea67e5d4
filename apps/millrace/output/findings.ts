import type { Finding } from '#model';
import type { Colours } from '../terminal.js';

const ORDER: Record<Finding['severity'], number> = { blocker: 0, warning: 1, info: 2 };

/** Blockers first; each with its object, what it means and what mends it. */
export function formatFindings(findings: readonly Finding[], colours: Colours): string {
  const sorted = [...findings].sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
  return sorted.map((finding) => formatFinding(finding, colours)).join('\n');
}

export function formatFinding({ severity, code, object, message, fix }: Finding, colours: Colours): string {
  const mark = { blocker: colours.red, warning: colours.yellow, info: colours.cyan }[severity](severity);
  const lines = [`${mark} ${colours.bold(code)} ${object}: ${message}`];
  for (const line of fix === '' ? [] : fix.split('\n')) lines.push(`    ${colours.green(line)}`);
  return lines.join('\n');
}

/** `2 blockers, 1 warning`. */
export function countFindings(findings: readonly Finding[]): string {
  const parts = (['blocker', 'warning', 'info'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    if (count === 0) return [];
    return [`${count} ${severity === 'info' ? 'to know' : severity}${count > 1 && severity !== 'info' ? 's' : ''}`];
  });
  return parts.length === 0 ? 'nothing found' : parts.join(', ');
}
