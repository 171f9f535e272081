-- Undoes 0006_outbox. Events that were not delivered are gone.
drop trigger tell_added_members on /* SCHEMA */partywall.memberships;
drop trigger tell_changed_members on /* SCHEMA */partywall.memberships;
drop trigger tell_removed_members on /* SCHEMA */partywall.memberships;
drop trigger tell_added_organizations on /* SCHEMA */partywall.organizations;
drop trigger tell_changed_organizations on /* SCHEMA */partywall.organizations;
drop trigger tell_removed_organizations on /* SCHEMA */partywall.organizations;
drop view /* SCHEMA */partywall.outbox_dead_letters;
drop function /* SCHEMA */partywall.tell_organizations();
drop function /* SCHEMA */partywall.tell_members();
drop function /* SCHEMA */partywall.noted_actor();
drop function /* SCHEMA */partywall.append_event(text, jsonb, jsonb);
drop function /* SCHEMA */partywall.append_events(/* KEY */uuid[], text[], jsonb[], jsonb);
drop table /* SCHEMA */partywall.outbox_leases;
drop table /* SCHEMA */partywall.outbox;
drop table /* SCHEMA */partywall.outbox_streams;
