/** A cell that begins with one of these is a formula for a spreadsheet, and could send the data of the table elsewhere. */
const FORMULA = /^[\s\u0000]*[=+\-@\t\r]/;

function cell(value: string): string {
  const defused = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(defused) || defused !== value ? `"${defused.replaceAll('"', '""')}"` : defused;
}

/** Returns rows as CSV (RFC 4180). Cells that a spreadsheet would execute are defused by an apostrophe. */
export const csvOf = (rows: readonly (readonly string[])[]): string => `${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
