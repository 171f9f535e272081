drop trigger follow_paid_seats on /* SCHEMA */partywall.organizations;
drop function /* SCHEMA */partywall.set_subscription(text, jsonb);
drop table /* SCHEMA */partywall.subscriptions;
drop function /* SCHEMA */partywall.tell_subscriptions();
drop function /* SCHEMA */partywall.subscription_payload(jsonb, jsonb);
drop function /* SCHEMA */partywall.follow_paid_seats();
drop function /* SCHEMA */partywall.grant_paid_seats();
drop function /* SCHEMA */partywall.keep_subscription_order();
