import { readFileSync } from 'node:fs';

const WORDS_FILE = new URL('../../../assets/common-words.txt', import.meta.url);
const WORD_LENGTH_MIN = 4;
const WORD_LENGTH_MAX = 14;

/** Shorter runs and repetitions occur in random text. */
const RUN_LENGTH_MIN = 3;

/** Minimum cost of a password for an attacker who knows the rules, in unpredictable characters. */
export const PARTS_MIN = 8;

/** Kind of a part of a password. `costOf` gives its cost in unpredictable characters. */
type Kind = 'character' | 'repetition' | 'sequence' | 'own' | 'digits' | 'word';

/** Digits are more predictable than letters, because people use dates, years and phone numbers. */
const DIGITS_PER_CHARACTER = 2;

const costOf = (kind: Kind, length: number): number => {
  if (kind === 'digits') return Math.ceil(length / DIGITS_PER_CHARACTER);
  return kind === 'word' ? 2 : 1;
};

/** Rows and columns of keyboards (US, German, French, Russian), alphabets and sequences of digits. */
const SEQUENCES = [
  '1234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'абвгдеёжзийклмнопрстуфхцчшщъыьэюя',
  'αβγδεζηθικλμνξοπρστυφχψω',
  ...['qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,./', 'qwertzuiopü', 'yxcvbnm,.-', 'azertyuiop', 'qsdfghjklm', 'wxcvbn,;:!'],
  ...['йцукенгшщзхъ', 'фывапролджэ', 'ячсмитьбю'],
  ...['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm', '8ik,', '9ol.', '0p;/', 'qay', 'wsx', 'edc', 'qscwdvefbrgnthm'],
  ...['zaq1', 'xsw2', 'cde3', 'vfr4', 'bgt5', 'nhy6', 'mju7', '13579', '24680', '147258369', '159357', '789456123'],
];

const UNSHIFTED: Readonly<Record<string, string>> = Object.fromEntries(
  [...'!@#$%^&*()_+{}:"<>?'].map((shifted, index) => [shifted, "1234567890-=[];',./"[index] ?? shifted]),
);

const LEET: Readonly<Record<string, string>> = Object.fromEntries(
  [...'@4830!1$5789(+'].map((sign, index) => [sign, 'aabeoiisstbgct'[index] ?? sign]),
);

const replaceBy = (text: string, table: Readonly<Record<string, string>>): string => [...text].map((sign) => table[sign] ?? sign).join('');

/** Returns the text and its readings with signs replaced by letters, as in `p@$$w0rd`. A `1` and a `!` may stand for i or l. */
export const leetReadings = (text: string): string[] => [
  text,
  replaceBy(text, LEET),
  replaceBy(text, { ...LEET, 1: 'l', '!': 'l', '|': 'l' }),
];

const reverse = (text: string): string => [...text].reverse().join('');

/** Positions of each sign in the sequences, in both directions. A sequence may continue at its start, as in 7890123. */
const PLACES = new Map<string, { sequence: readonly string[]; index: number }[]>();
for (const sequence of SEQUENCES.flatMap((text) => [[...text], [...text].reverse()])) {
  for (const [index, sign] of sequence.entries()) PLACES.set(sign, [...(PLACES.get(sign) ?? []), { sequence, index }]);
}

interface Cut {
  cost: number;
  kinds: ReadonlySet<Kind>;
}

/** Measures how predictable a password is. It takes about a millisecond, because it runs on the main thread at each sign-up. */
export class PredictableParts {
  readonly #words: ReadonlySet<string> = new Set(readFileSync(WORDS_FILE, 'utf8').split('\n'));

  /**
   * Cuts a password into words of common passwords, words of the account, sequences, numbers, repetitions and single
   * characters, in the way with the lowest cost. If two texts are interleaved (1a2b3c), each is cut separately.
   *
   * @param text in lower case, at most 72 bytes
   * @param ownWords words of the account, in lower case
   */
  cheapestCut(text: string, ownWords: ReadonlySet<string>): Cut {
    const signs = [...text];
    const [even, odd] = [0, 1].map((rest) =>
      this.#cut(
        signs.filter((_sign, index) => index % 2 === rest),
        ownWords,
      ),
    );
    const whole = this.#cut(signs, ownWords);
    const mixed = (even?.cost ?? 0) + (odd?.cost ?? 0);
    return mixed < whole.cost ? { cost: mixed, kinds: new Set(['sequence']) } : whole;
  }

  #cut(signs: readonly string[], ownWords: ReadonlySet<string>): Cut {
    const kindOf = this.#kinds(signs, ownWords);
    const best: Cut[] = [{ cost: 0, kinds: new Set() }];
    for (let end = 1; end <= signs.length; end += 1) {
      let cheapest = { from: end - 1, kind: 'character' as Kind, cost: (best[end - 1]?.cost ?? 0) + 1 };
      for (let from = 0; from <= end - RUN_LENGTH_MIN; from += 1) {
        const before = best[from]?.cost ?? 0;
        if (before + 1 >= cheapest.cost) continue;
        const kind = kindOf(from, end);
        const cost = before + (kind ? costOf(kind, end - from) : Number.POSITIVE_INFINITY);
        if (kind && cost < cheapest.cost) cheapest = { from, kind, cost };
      }
      best.push({ cost: cheapest.cost, kinds: new Set([...(best[cheapest.from]?.kinds ?? []), cheapest.kind]) });
    }
    return best.at(-1) ?? { cost: 0, kinds: new Set() };
  }

  #kinds(signs: readonly string[], ownWords: ReadonlySet<string>): (from: number, end: number) => Kind | null {
    // One UTF-16 unit for each sign, so that indexes agree. No word contains a sign of two units.
    const text = signs.map((sign) => (sign.length === 1 ? sign : '\uffff')).join('');
    const readings = leetReadings(text).flatMap((reading) => [reading, reverse(reading)]);
    const repetitionEnds = signs.map((_sign, from) => repetitionEnd(signs, from));
    const sequenceEnds = signs.map((_sign, from) => sequenceEnd(signs, from));
    const digitEnds = signs.map((_sign, from) => from + (/^\d{4,}/.exec(text.slice(from))?.[0].length ?? 0));
    return (from, end) => {
      if (end <= (repetitionEnds[from] ?? 0)) return 'repetition';
      if (end <= (sequenceEnds[from] ?? 0)) return 'sequence';
      const read = readings.map((reading, index) =>
        index % 2 === 0 ? reading.slice(from, end) : reading.slice(reading.length - end, reading.length - from),
      );
      if (read.some((part) => ownWords.has(part))) return 'own';
      const isWordLength = end - from >= WORD_LENGTH_MIN && end - from <= WORD_LENGTH_MAX;
      if (isWordLength && read.some((part) => this.#words.has(part))) return 'word';
      return end <= (digitEnds[from] ?? 0) ? 'digits' : null;
    };
  }
}

/** Returns the end of the longest part from `from` that repeats one character or repeats an earlier part in either direction. */
function repetitionEnd(signs: readonly string[], from: number): number {
  let longest = 0;
  for (let before = 0; before < from; before += 1) {
    let forwards = 0;
    while (from + forwards < signs.length && signs[before + forwards] === signs[from + forwards]) forwards += 1;
    let backwards = 0;
    while (backwards <= before && from + backwards < signs.length && signs[before - backwards] === signs[from + backwards]) backwards += 1;
    longest = Math.max(longest, forwards, backwards);
  }
  let same = 1;
  while (from + same < signs.length && signs[from + same] === signs[from]) same += 1;
  return from + Math.max(longest, same);
}

/** Returns the end of the longest sequence from `from`, typed with or without the shift key. */
function sequenceEnd(signs: readonly string[], from: number): number {
  const unshift = (sign: string) => UNSHIFTED[sign] ?? sign;
  let longest = from;
  for (const read of [(sign: string) => sign, unshift]) {
    for (const { sequence, index } of PLACES.get(read(signs[from] ?? '')) ?? []) {
      let length = 1;
      while (from + length < signs.length && read(signs[from + length] ?? '') === sequence[(index + length) % sequence.length]) length += 1;
      longest = Math.max(longest, from + length);
    }
  }
  return longest;
}
