drop function /* SCHEMA */partywall.restore_organization(text);
drop function /* SCHEMA */partywall.delete_organization(text, integer);
drop function /* SCHEMA */partywall.update_organization(text, jsonb, integer);
drop index /* SCHEMA */partywall.organizations_purge_at_idx;
alter table /* SCHEMA */partywall.organizations
  drop constraint organizations_email_domain_check,
  drop constraint organizations_github_login_check,
  drop column purge_at,
  drop column version,
  drop column email_domain,
  drop column github_login;
