import type { ReactNode } from 'react';
import { classes } from './classes';
import style from './table.module.css';

interface Props {
  label: string;
  /** The last column is for actions if it is an object. */
  columns: readonly (string | { hidden: string })[];
  /** A plain table does not become cards on a narrow screen. */
  isPlain?: boolean;
  children: ReactNode;
}

/** A table. On a narrow screen its rows are cards. */
export function Table({ label, columns, isPlain = false, children }: Props) {
  return (
    // biome-ignore lint/a11y/noRedundantRoles: `display: block` of the cards would remove the implicit role.
    <table role="table" part="table" aria-label={label} className={classes(style.table, isPlain ? style.plain : style.cards)}>
      <thead>
        <tr>
          {columns.map((column) =>
            typeof column === 'string' ? (
              <th key={column} scope="col">
                {column}
              </th>
            ) : (
              <th key={column.hidden} scope="col" className={style.actions}>
                <span className={style.hidden}>{column.hidden}</span>
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}
