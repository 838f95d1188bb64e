// Configures GraphQL Code Generator for a front end with urql or Apollo Client. Copy this file and Keyward's schema.graphql to
// your project, and generate src/gql after each change of an operation:
//   npm install --save-dev @graphql-codegen/cli @graphql-codegen/client-preset @graphql-typed-document-node/core
//   npx graphql-codegen --config codegen.ts
import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  // Use the URL instead if Keyward's INTROSPECTION is true: http://127.0.0.1:4000/graphql
  schema: 'schema.graphql',
  documents: 'src/**/*.{ts,tsx}',
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        // Without these types both scalars are `unknown`, and `new Date(key.createdAt)` does not compile.
        scalars: { DateTime: 'string', JSONObject: 'Record<string, unknown>' },
      },
    },
  },
};

export default config;
