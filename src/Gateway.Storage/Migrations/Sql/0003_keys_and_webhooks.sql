create table key_uses (
    id       text   not null primary key,
    used_at  bigint not null,
    remote   text   not null
);

-- Events on their way to webhooks. due_at is null when nothing more is tried; done_at is set when the receiver took it.
create table webhook_deliveries (
    id          text   not null primary key,
    hook_id     text   not null,
    event_id    text   not null,
    event_type  text   not null,
    body        text   not null,
    created_at  bigint not null,
    attempts    bigint not null,
    due_at      bigint,
    done_at     bigint,
    status      bigint not null,
    error       text   not null
);

create index webhook_deliveries_due on webhook_deliveries (due_at) where due_at is not null;
create index webhook_deliveries_by_hook on webhook_deliveries (hook_id, id);
