#!/bin/sh
# The first hour with Keyward: signs up, signs in, creates an API key, verifies it, lists, rotates and revokes it, and sees
# the next verification rejected. It prints each request and its response, and exits with 1 at the first response that is
# not as expected. It needs curl and a running server with open sign-up and without VERIFIER_TOKENS.
#
# Usage: examples/tour.sh [URL]
set -eu

keyward=${1:-http://127.0.0.1:4000}
email="ada+$(date +%s)$$@example.com"
password='correct horse battery staple'
token=
response=

step() { printf '\n# %s\n' "$1"; }

# Sends an operation with string variables as name=value. The values must not contain quotes and backslashes.
gql() {
  query=$1 variables=
  shift
  for variable in "$@"; do variables="$variables,\"${variable%%=*}\":\"${variable#*=}\""; done
  printf '> %s\n' "$query"
  [ "$#" -eq 0 ] || printf '>   %s\n' "$@"
  response=$(curl -sS "$keyward/graphql" -H 'content-type: application/json' ${token:+-H "authorization: Bearer $token"} \
    -d "{\"query\":\"$query\",\"variables\":{${variables#,}}}")
  printf '%s\n' "$response"
}

# Asks the endpoint for gateways whether a key is valid. The last line of the response is the HTTP status.
verify() {
  printf '> GET /verify\n>   X-API-Key: %s\n' "$1"
  response=$(curl -sS -w '\n%{http_code}' "$keyward/verify" -H "X-API-Key: $1")
  printf '%s\n' "$response"
}

# Stops the tour if the response does not contain each of these texts.
expect() {
  for text in "$@"; do
    case $response in
      *"$text"*) ;;
      *) printf 'The response does not contain: %s\n' "$text" >&2 && exit 1 ;;
    esac
  done
}

# Prints the first value of a field in the response.
pick() { printf '%s\n' "$response" | grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }

# Verifies a key in both ways, and expects the same outcome.
expect_code() {
  verify "$1"
  expect "\"code\":\"$2\"" "
$3"
  gql 'mutation ($key: String!) { verifyApiKey(input: { key: $key }) { code } }' "key=$1"
  expect "\"code\":\"$2\""
}

step 'Sign up.'
gql 'mutation ($email: String!, $password: String!) { signUp(input: { email: $email, password: $password }) { accessToken } }' \
  "email=$email" "password=$password"
expect '"signUp":{"accessToken":"'

step 'Sign in. The access token authenticates the requests that follow.'
gql 'mutation ($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { accessToken } }' \
  "email=$email" "password=$password"
expect '"signIn":{"accessToken":"'
token=$(pick accessToken)
gql '{ me { email } }'
expect "\"email\":\"$email\""

step 'Create a key. Only this response contains its plaintext.'
gql 'mutation ($name: String!) { createApiKey(input: { name: $name }) { plaintextKey apiKey { id status } } }' name='build server'
expect '"plaintextKey":"' '"id":"' '"status":"ACTIVE"'
key=$(pick plaintextKey)
id=$(pick id)

step 'Verify the key, as a gateway does by HTTP and a service by GraphQL.'
expect_code "$key" VALID 200

step 'List the keys.'
gql '{ myApiKeys { id keyPrefix name status } }'
expect "\"id\":\"$id\"" '"name":"build server"' '"status":"ACTIVE"'

step 'Rotate the key. Both keys are valid for an hour, in which programs can change to the new key.'
gql 'mutation ($id: ID!) { rotateApiKey(id: $id, input: { gracePeriodSeconds: 3600 }) { plaintextKey replaced { status } } }' "id=$id"
expect '"plaintextKey":"' '"status":"ROTATING"'
new_key=$(pick plaintextKey)
expect_code "$key" VALID 200
expect_code "$new_key" VALID 200

step 'Revoke the old key.'
gql 'mutation ($id: ID!, $reason: String!) { revokeApiKey(id: $id, reason: $reason) { apiKey { status revokedReason } } }' \
  "id=$id" reason=leaked
expect '"status":"REVOKED"' '"revokedReason":"leaked"'

step 'The next verification rejects the old key. The new key is still valid.'
expect_code "$key" REVOKED 401
expect_code "$new_key" VALID 200

printf '\nEvery response was as expected.\n'
