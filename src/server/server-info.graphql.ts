import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { AccountsMode } from './server-info.js';

registerEnumType(AccountsMode, {
  name: 'AccountsMode',
  description: 'Where the accounts of the users are kept.',
  valuesConfig: {
    LOCAL: { description: 'Keyward keeps all accounts, with email and password.' },
    EXTERNAL: { description: 'An identity provider keeps all accounts.' },
    BOTH: { description: 'Keyward keeps accounts with a password, and an identity provider keeps others.' },
    NONE: { description: 'No person signs in. The backend of the product acts for its users.' },
  },
});

@ObjectType({ description: 'The identity provider that a page can sign in at, by OpenID Connect.' })
export class IdentityProviderInfo {
  @Field(() => String, { description: 'Issuer of the identity provider, where its OpenID configuration begins.' })
  readonly issuer!: string;

  @Field(() => String, { description: 'ID of the client to sign in as.' })
  readonly clientId!: string;

  @Field(() => String, { description: 'Scopes to request, separated by spaces.' })
  readonly scope!: string;
}

@ObjectType({ description: 'A request that a new API key can be tried with.' })
export class ExampleRequest {
  @Field(() => String, { description: 'URL of the request.' })
  readonly url!: string;

  @Field(() => String, {
    description: 'Header that carries the key: a name such as `X-API-Key`, or a name and a scheme such as `Authorization: Bearer`.',
  })
  readonly header!: string;
}

@ObjectType({ description: 'What a page must know of the server before a user signs in. It contains no secret.' })
export class ServerInfo {
  @Field(() => String, { description: 'Name of the product that the API keys are for.' })
  readonly productName!: string;

  @Field(() => String, { description: 'Version of Keyward.' })
  readonly version!: string;

  @Field(() => String, { description: 'Text that each new API key starts with.' })
  readonly keyNamespace!: string;

  @Field(() => AccountsMode, { description: 'Where the accounts of the users are kept.' })
  readonly accounts!: AccountsMode;

  @Field(() => Boolean, { description: 'Whether users can create an account by `signUp`.' })
  readonly signUpIsOpen!: boolean;

  @Field(() => IdentityProviderInfo, {
    nullable: true,
    description: 'The identity provider that the console signs in at. Null if the console cannot sign in at an identity provider.',
  })
  readonly identityProvider!: IdentityProviderInfo | null;

  @Field(() => ExampleRequest, {
    nullable: true,
    description: 'A request that a new API key can be tried with. Null if the operator has configured none.',
  })
  readonly example!: ExampleRequest | null;
}
