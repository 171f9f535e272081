drop function /* SCHEMA */partywall.join_by_domain(text, text, text);
drop function /* SCHEMA */partywall.find_joinable(text, text);
drop function /* SCHEMA */partywall.release_domain(text, text);
drop function /* SCHEMA */partywall.set_domain_policy(text, text, text, text);
drop function /* SCHEMA */partywall.confirm_domain(text, text, text[]);
drop function /* SCHEMA */partywall.add_domain(text, text, text);
drop table /* SCHEMA */partywall.domains;
drop function /* SCHEMA */partywall.tell_domains();
