drop trigger if exists refuse_early_organization on /* SCHEMA */partywall.organizations;
drop function /* SCHEMA */partywall.refuse_early_organization();
drop table /* SCHEMA */partywall.journal;
drop table /* SCHEMA */partywall.conversion;
