-- The address books of the accounts.
create table contacts (
    account_id    text    not null,
    id            text    not null,
    name          text    not null,
    numbers       text    not null,
    is_favourite  boolean not null,
    primary key (account_id, id)
);
