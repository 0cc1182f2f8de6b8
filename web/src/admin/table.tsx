// A table that becomes cards where it is narrow: each cell then stands below the name of its column.
import type { ComponentChildren } from 'preact';

export interface Column<R> {
  readonly name: string;
  readonly cell: (row: R) => ComponentChildren;
}

interface Props<R> {
  /** For readers who do not see it. */
  readonly caption: string;
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
  readonly keyOf: (row: R) => string;
}

export function Table<R>({ caption, columns, rows, keyOf }: Props<R>) {
  return (
    <table class="rows">
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ name }) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ name, cell }) => (
              <td key={name} data-name={name}>
                <div>{cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
