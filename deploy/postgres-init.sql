-- PostgreSQL's image runs this script once, when it creates the cluster. Keyward's role owns its database and has no other
-- right.
\getenv password POSTGRES_PASSWORD
CREATE ROLE keyward LOGIN PASSWORD :'password';
CREATE DATABASE keyward OWNER keyward;
REVOKE ALL ON DATABASE keyward FROM PUBLIC;
-- From now on the superuser can connect only through the socket in the container: docker compose exec postgres psql
ALTER ROLE postgres PASSWORD NULL;
