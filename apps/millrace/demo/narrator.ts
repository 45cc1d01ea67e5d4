import type { Colours, Terminal } from '../terminal.js';

/** Tells the demo: to a person on stdout; with `--json` each step as a value there, and the words on stderr. */
export class Narrator {
  readonly colours: Colours;
  private chapters = 0;

  constructor(
    private readonly terminal: Terminal,
    readonly width: number,
  ) {
    this.colours = terminal.json ? terminal.err : terminal.out;
  }

  chapter(title: string): void {
    this.chapters++;
    this.line('');
    this.line(this.colours.bold(this.colours.cyan(`${this.chapters}. ${title}`)));
  }

  line(text: string): void {
    if (this.terminal.json) this.terminal.say(text);
    else this.terminal.print(text);
  }

  indented(text: string): void {
    this.line(text.replace(/^(?=.)/gm, '   '));
  }

  step(name: string, value: object): void {
    if (this.terminal.json) this.terminal.printJson({ step: name, ...value });
  }
}
