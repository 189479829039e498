-- An event goes to a webhook once, however often it is noted.
create unique index webhook_deliveries_once on webhook_deliveries (hook_id, event_id);
