import type { ComponentChildren } from 'preact';
import base from './base.module.css';
import { classes } from './classes';
import style from './table.module.css';

interface Props {
  label: string;
  /** Names of the columns. `hidden`: for screen readers alone. `wide`: left out where the place is short. */
  columns: readonly (string | { hidden: string } | { wide: string })[];
  /** A plain table does not become cards on a narrow screen. */
  isPlain?: boolean;
  children: ComponentChildren;
}

/** A table. On a narrow screen its rows are cards. */
export function Table({ label, columns, isPlain = false, children }: Props) {
  return (
    // biome-ignore lint/a11y/noRedundantRoles: `display: block` of the cards would remove the implicit role.
    <table role="table" part="table" aria-label={label} className={classes(style.table, isPlain ? style.plain : style.cards)}>
      <thead>
        <tr>
          {columns.map((column) => (
            <ColumnHeader key={JSON.stringify(column)} column={column} />
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

function ColumnHeader({ column }: { column: Props['columns'][number] }) {
  if (typeof column === 'string') return <th scope="col">{column}</th>;
  if ('hidden' in column) {
    return (
      <th scope="col">
        <span className={base.hidden}>{column.hidden}</span>
      </th>
    );
  }
  return (
    <th scope="col" className={style.wide}>
      {column.wide}
    </th>
  );
}

/** The class of a cell in a column that is left out where the place is short. */
export const wideCell = style.wide;
