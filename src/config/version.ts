// The version of this release, as package.json has it (test/openapi.test.ts compares).
export const version = '0.1.0';
