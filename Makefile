# The only door. Each target is one script of deploy/local, where the reasons are.
.DEFAULT_GOAL := help
.PHONY: help setup demo notebook serve worker stop reset test lint bench soak psql

help: ## cette aide
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## installe ce qui manque : paquets, environnement Python, scripts du navigateur
	@exec deploy/local/setup.sh

demo: ## tout, de rien à la carte, sur http://127.0.0.1:8000 (PORT=… pour un autre port)
	@exec deploy/local/demo.sh

notebook: ## exécute le carnet d'analyse sur la démonstration en marche
	@exec deploy/local/notebook.sh

serve: ## le serveur web seul
	@exec deploy/local/serve.sh web

worker: ## le processus de fond seul
	@exec deploy/local/serve.sh worker

stop: ## arrête le serveur web, le processus de fond et la base privée
	@exec deploy/local/stop.sh

reset: ## arrête tout et supprime .local/ (base, démonstration, journaux)
	@exec deploy/local/stop.sh --reset

test: ## tous les tests ; ARGS="-k carte" pour en choisir
	@exec deploy/local/check.sh test $(ARGS)

lint: ## règles, types, contrats d'imports, gabarits, migrations
	@exec deploy/local/check.sh lint

bench: ## les mesures, une ligne JSON chacune
	@exec deploy/local/check.sh bench $(ARGS)

soak: ## les longues épreuves, hors intégration continue
	@exec deploy/local/check.sh soak $(ARGS)

psql: ## psql dans la base privée ; ARGS="--role atlas_app"
	@exec python3 deploy/local/cluster.py psql $(ARGS)
