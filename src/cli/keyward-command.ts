import { Command, type HelpContext } from 'commander';
import { scrub } from '../platform/logger.js';
import { type OutputRecord, writeRecords } from './output.js';
import { type CommandContext, runCommand } from './run-command.js';

/** Wrong arguments. The message ends with a pointer to the help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Records = OutputRecord | Iterable<OutputRecord> | AsyncIterable<OutputRecord>;

/** What the user typed after the name of the command. */
interface Input<Options> {
  args: readonly string[];
  options: Options;
}

const firstSentence = (text: string): string => /^.*?\.(?= |$)/.exec(text)?.[0] ?? text;

/** A command of `keyward`. It reports wrong arguments in one line, and runs its work on the database. */
export class KeywardCommand extends Command {
  constructor(name?: string) {
    super(name);
    this.helpOption('-h, --help', 'Prints this help.');
    this.helpCommand(false);
    this.configureHelp({
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map((argument) => `<${argument.name()}>`)].join(' '),
      subcommandDescription: (command) => firstSentence(command.description()),
    });
  }

  override createCommand(name?: string): KeywardCommand {
    return new KeywardCommand(name);
  }

  /** Returns the words that call this command, such as `keyward users`. */
  get path(): string {
    const words: string[] = [];
    for (let command: Command | null = this; command; command = command.parent) words.unshift(command.name());
    return words.join(' ');
  }

  /** Adds an example to the help. */
  example(line: string): this {
    return this.addHelpText('after', `\nExample:\n  $ ${line}`);
  }

  /**
   * Runs `work` on the database when the command is called.
   *
   * @param work returns the exit code
   */
  runs<Options = { json?: true }>(work: (context: CommandContext, input: Input<Options>) => Promise<number>): this {
    return this.action(() => runCommand((context) => work(context, { args: this.processedArgs, options: this.opts() as Options })));
  }

  /** Prints the records that `read` returns: for people, or with `--json` each as one line of JSON. */
  prints<Options = object>(read: (context: CommandContext, input: Input<Options>) => Promise<Records>): this {
    this.option('--json', 'Prints JSON instead of text, one line for each record.');
    return this.runs<Options & { json?: true }>(async (context, input) => {
      await writeRecords(await read(context, input), input.options.json === true);
      return 0;
    });
  }

  /** Commander calls this method for each wrong argument. @throws {UsageError} always */
  override error(message: string): never {
    const text = message
      .replace(/^error: /, '')
      .replace(/\n\((Did you mean .*\?)\)$/, '. $1')
      // An argument in the wrong place may be a key, which must not end up in a log.
      .replace(/'([^']*)'/g, (_, quoted: string) => `'${scrub(quoted)}'`);
    throw new UsageError(`${text}${/[.?]$/.test(text) ? '' : '.'} Run: ${this.path} --help`);
  }

  /** Commander calls this method with `error` when a group is called without a subcommand. */
  override help(context?: HelpContext): never;
  override help(callback?: (text: string) => string): never;
  override help(context?: HelpContext | ((text: string) => string)): never {
    if (typeof context === 'function') return super.help(context as never);
    if (context?.error) this.error(`name one of the commands ${this.commands.map((command) => command.name()).join(', ')}`);
    return super.help(context);
  }
}
