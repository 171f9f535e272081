/** Runs one statement with its values and gives its rows. Columns should be named in lower camel case, as they are read. */
export type RunStatement = <Row extends object>(text: string, values: readonly unknown[]) => Promise<readonly Row[]>
