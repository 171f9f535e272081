drop table /* SCHEMA */partywall.idempotency_keys;
