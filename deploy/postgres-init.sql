-- Run once by PostgreSQL's image, when it creates the cluster. Keyward's role owns its database and has no other right.
\getenv password POSTGRES_PASSWORD
CREATE ROLE keyward LOGIN PASSWORD :'password';
CREATE DATABASE keyward OWNER keyward;
REVOKE ALL ON DATABASE keyward FROM PUBLIC;
-- From now on the superuser connects through the socket in the container alone: docker compose exec postgres psql
ALTER ROLE postgres PASSWORD NULL;
