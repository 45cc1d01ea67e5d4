import { EXIT } from '#errors';
import { entriesOf } from '#extended-json/text';
import { CommanderError, Option } from 'commander';
import { collect, defineCommand, FILE, listAt, textAt } from '../command.js';
import { withJob } from '../with-job.js';

interface EditOptions {
  set?: string[];
  setNull?: string[];
}

export const deadLettersEdit = defineCommand<EditOptions>({
  name: 'dead-letters edit',
  summary: 'store a correction for columns of the row; replay tries again',
  description:
    "Stores a correction for columns of the letter's row, on Millrace's side only; `dead-letters replay` then writes the " +
    'document with it. A value is the text that the source would print. A later change of the row ends the correction.',
  args: [
    { name: '<ID>', description: 'as `dead-letters list` prints it' },
    FILE,
    { name: '[COLUMN=VALUE...]', description: 'further corrections, as after --set' },
  ],
  options: [
    new Option('--set <COLUMN=VALUE>', 'the value of a column; may be given several times').argParser(collect),
    new Option('--set-null <COLUMN>', 'NULL for a column; may be given several times').argParser(collect),
  ],
  examples: [
    'millrace dead-letters edit 7c1f shop.yaml --set total=12.50 --set currency=EUR',
    'millrace dead-letters edit 7c1f shop.yaml --set-null total',
  ],
  async run(context, args, options) {
    const [id, file] = [textAt(args, 0), textAt(args, 1)];
    const columns = correctionsOf([...(options.set ?? []), ...listAt(args, 2)], options.setNull ?? []);
    const row = await withJob(file, context, (job) => job.editLetter(id, columns, context.host.user));
    const names = Object.keys(columns);
    if (context.terminal.json) context.terminal.printJson({ edited: id, columns: names, ...row });
    const key = entriesOf(row.key).map(([name, value]) => `${name} ${value}`);
    context.terminal.say(
      `Corrected ${names.join(', ')} of ${row.table} (${key.join(', ')}); now try again: millrace dead-letters replay ${file} --id ${id}`,
    );
    return EXIT.done;
  },
});

function correctionsOf(settings: readonly string[], nulls: readonly string[]): Record<string, string | null> {
  const columns: [string, string | null][] = settings.map((setting) => {
    const equals = setting.indexOf('=');
    if (equals < 1) throw usage('--set needs COLUMN=VALUE, such as --set total=12.50');
    return [setting.slice(0, equals), setting.slice(equals + 1)];
  });
  columns.push(...nulls.map((column): [string, null] => [column, null]));
  if (columns.length === 0) throw usage('nothing to correct: give --set COLUMN=VALUE or --set-null COLUMN');
  const names = columns.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw usage(`the column ${twice} is given twice`);
  return Object.fromEntries(columns);
}

function usage(message: string): CommanderError {
  return new CommanderError(EXIT.usage, 'millrace.usage', message);
}
