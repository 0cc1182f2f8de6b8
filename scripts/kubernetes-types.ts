// Compares a manifest with the types that Kubernetes publishes for its kind (kubernetes-types), by the compiler: it knows no
// field that the API does not know, misses none that is required, and reports a value of the wrong type.
import ts from 'typescript';

/** Of the Prometheus Operator, as far as it is used; its types are in no package without a program. */
const ofOperators: Record<string, string> = {
  PodMonitor: `{
    apiVersion: 'monitoring.coreos.com/v1'; kind: 'PodMonitor'; metadata: import('kubernetes-types/meta/v1').ObjectMeta;
    spec: {
      jobLabel?: string; selector: import('kubernetes-types/meta/v1').LabelSelector;
      podMetricsEndpoints: { port: string; interval?: string; path?: string; scrapeTimeout?: string }[];
    };
  }`,
};

const FILE = 'manifest.ts';
const options: ts.CompilerOptions = {
  ...{ strict: true, noEmit: true, types: [], skipLibCheck: true },
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};
const host = ts.createCompilerHost(options);
const files = new Map<string, ts.SourceFile | undefined>();
const parsed = host.getSourceFile.bind(host);

export function typeErrorsOf(manifest: Record<string, unknown>): string[] {
  const { apiVersion, kind } = manifest as { apiVersion: string; kind: string };
  const path = apiVersion === 'v1' ? 'core/v1' : apiVersion.replace('.k8s.io', '');
  const type = ofOperators[kind] ?? `import('kubernetes-types/${path}').${kind}`;
  const text = `export const manifest: ${type} = ${JSON.stringify(manifest, undefined, 2)};`;
  host.fileExists = (file) => file === FILE || ts.sys.fileExists(file);
  host.readFile = (file) => (file === FILE ? text : ts.sys.readFile(file));
  host.getSourceFile = (file, ...rest) => {
    if (file === FILE) return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022);
    if (!files.has(file)) files.set(file, parsed(file, ...rest));
    return files.get(file);
  };
  const program = ts.createProgram([FILE], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, start = 0 }) => {
    const line = text.slice(0, start).split('\n').length;
    return `${text.split('\n')[line - 1]?.trim()}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
