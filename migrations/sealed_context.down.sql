-- The accessors are those of 0001 again, which the conversion writes before this.
drop table if exists /* SCHEMA */partywall.seal_keys;
