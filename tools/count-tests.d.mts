interface Report {
  readonly testResults: readonly { readonly name: string; readonly status: string; readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[];
}

export function countTests(report: Report | undefined, exitCode: number | null, top: string): { readonly passed: number; readonly failed: number; readonly skipped: number; readonly skippedNames: readonly string[] };
