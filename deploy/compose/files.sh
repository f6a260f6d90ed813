# Sourced by up and down: which compose files, under which project's name.
docker compose version >/dev/null 2>&1 ||
  { echo "make up: needs Docker with its compose plugin, 2.24 or later" >&2; exit 1; }
case $1 in
  "") project=${COMPOSE_PROJECT_NAME:-dangol}; files=docker-compose.yml ;;
  cluster) project=${COMPOSE_PROJECT_NAME:-dangol-cluster}
           files=docker-compose.yml:docker-compose.cluster.yml ;;
  *) echo "$0: $1 is not a form: leave it out, or say cluster" >&2; exit 2 ;;
esac
export COMPOSE_PROJECT_NAME=$project COMPOSE_FILE=${COMPOSE_FILE:-$files}
