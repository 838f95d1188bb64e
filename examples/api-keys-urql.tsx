// A page of API keys with urql, typed by codegen.ts. In your project: src/api-keys.tsx.
import { useMutation, useQuery } from 'urql';
import { graphql } from './gql';

const MyKeys = graphql(`
  query MyKeys {
    myApiKeys { id keyPrefix name status createdAt metadata }
  }
`);

const CreateKey = graphql(`
  mutation CreateKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) { plaintextKey apiKey { id } }
  }
`);

export function ApiKeys() {
  const [{ data, error }] = useQuery({ query: MyKeys });
  const [created, createKey] = useMutation(CreateKey);
  const inOneYear = new Date(Date.now() + 365 * 86_400_000).toISOString();
  return (
    <section>
      {error ? <p>{error.message}</p> : null}
      <ul>
        {data?.myApiKeys.map((key) => (
          <li key={key.id}>
            {key.keyPrefix} {key.name} {key.status} {new Date(key.createdAt).toLocaleDateString()} {String(key.metadata.plan ?? '')}
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => createKey({ input: { name: 'build server', expiresAt: inOneYear } })}>
        Create a key
      </button>
      {created.data ? <code>{created.data.createApiKey.plaintextKey}</code> : null}
    </section>
  );
}
