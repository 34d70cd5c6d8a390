"""The laws of the ledger of quantities, each a query for what contradicts it."""

STOCK_LAWS = {
    "stock equals its journal": """
        WITH ends AS (
            SELECT to_stock_id AS id, sum(quantity) AS q, sum(weight_g) AS w FROM stock_entry
            WHERE to_stock_id IS NOT NULL GROUP BY 1
            UNION ALL
            SELECT from_stock_id, -sum(quantity), -sum(weight_g) FROM stock_entry WHERE from_stock_id IS NOT NULL GROUP BY 1
        ), posted AS (SELECT id, sum(q) AS q, sum(w) AS w FROM ends GROUP BY 1)
        SELECT coalesce(s.id, p.id)::text, format('stock %s and %s g, journal %s and %s g', s.quantity, s.weight_g, p.q, p.w)
        FROM stock s FULL JOIN posted p ON p.id = s.id
        WHERE coalesce(s.quantity, 0) <> coalesce(p.q, 0) OR coalesce(s.weight_g, 0) <> coalesce(p.w, 0)""",
    "no stock is negative": """
        SELECT id::text, format('%s of which %s reserved and %s held', quantity, reserved, held) FROM stock
        WHERE quantity < 0 OR reserved < 0 OR held < 0 OR reserved + held > quantity""",
    "a stock row's id is the digest of its dimensions": """
        SELECT id::text, 'is the row of other goods' FROM stock
        WHERE id <> stock_id(place_id, item_id, owner_id, customs_status, condition, lot_id, serial_id, account_line_id)""",
    "the journal of quantities is chained": """
        WITH linked AS (
            SELECT id, coalesce(from_stock_id, to_stock_id) AS anchor, digest,
                   chain_digest(''::bytea, entry_body(posting_id, from_stock_id, to_stock_id, from_place_id, to_place_id,
                       quantity, weight_g, cause, document_id, reverses_id, happened_at, recorded_at, actor_id))
                       OVER (PARTITION BY coalesce(from_stock_id, to_stock_id) ORDER BY id) AS expected,
                   row_number() OVER (PARTITION BY coalesce(from_stock_id, to_stock_id) ORDER BY id DESC) AS from_end
            FROM stock_entry
        )
        SELECT l.id::text, CASE WHEN l.digest <> l.expected THEN 'an entry was altered' ELSE 'entries after it are missing' END
        FROM linked l JOIN stock s ON s.id = l.anchor
        WHERE l.digest <> l.expected OR (l.from_end = 1 AND s.chain <> l.digest)""",
    "what is reserved is what reservations hold": """
        SELECT s.id::text, format('reserved %s, reservations %s', s.reserved, coalesce(r.q, 0)) FROM stock s
        LEFT JOIN (SELECT stock_id, sum(quantity) AS q FROM reservation GROUP BY 1) r ON r.stock_id = s.id
        WHERE s.reserved <> coalesce(r.q, 0)""",
    "an account line is what physically lies there": """
        SELECT a.account_no || '/' || a.line_no, format('account %s, stock %s', a.quantity, coalesce(s.q, 0))
        FROM account_line a
        LEFT JOIN (SELECT account_line_id, sum(quantity) AS q FROM stock GROUP BY 1) s ON s.account_line_id = a.id
        WHERE a.quantity <> coalesce(s.q, 0)""",
    "a serial is in one place": """
        SELECT serial_id::text, format('%s in %s rows', sum(quantity), count(*)) FROM stock
        WHERE serial_id IS NOT NULL AND quantity > 0 GROUP BY serial_id HAVING sum(quantity) > 1
        UNION ALL
        SELECT id::text, 'present is not what the quantity says' FROM stock
        WHERE present_serial_id IS DISTINCT FROM CASE WHEN quantity > 0 THEN serial_id END""",
    "a unit stands at the root of its tree": """
        WITH RECURSIVE up AS (
            SELECT id AS unit_id, place_id, location_id, 1 AS depth FROM unit
            UNION ALL SELECT up.unit_id, u.place_id, up.location_id, up.depth + 1 FROM up JOIN unit u ON u.id = up.place_id
            WHERE up.depth < 20
        )
        SELECT up.unit_id::text, 'its location is not where its tree stands' FROM up
        WHERE up.place_id IN (SELECT id FROM location) AND up.place_id IS DISTINCT FROM up.location_id""",
    "nothing of the ledger lies outside": """
        SELECT s.id::text, format('%s at %s', s.quantity, l.name) FROM stock s
        JOIN unit u ON u.id = s.place_id JOIN location l ON l.id = u.location_id WHERE s.quantity > 0 AND l.virtual
        UNION ALL
        SELECT s.id::text, format('%s at %s', s.quantity, l.name) FROM stock s
        JOIN location l ON l.id = s.place_id WHERE s.quantity > 0 AND l.virtual""",
    "what is held is what receipts stand for": """
        SELECT s.id::text, format('held %s, receipts %s', s.held, coalesce(r.q, 0)) FROM stock s
        LEFT JOIN (SELECT stock_id, sum(quantity) AS q FROM warehouse_receipt_line GROUP BY 1) r ON r.stock_id = s.id
        WHERE s.held <> coalesce(r.q, 0)""",
    "a receipt stands for goods of its owner at its site": """
        SELECT r.number, CASE WHEN r.state NOT IN ('open', 'pledged') THEN format('is %s and holds %s', r.state, l.quantity)
            ELSE format('line %s is of another owner, article or site', l.line_no) END
        FROM warehouse_receipt r JOIN warehouse_receipt_line l ON l.receipt_id = r.id AND l.quantity > 0
        JOIN stock s ON s.id = l.stock_id LEFT JOIN unit u ON u.id = s.place_id
        JOIN location p ON p.id = coalesce(u.location_id, s.place_id)
        WHERE r.state NOT IN ('open', 'pledged') OR s.owner_id <> r.owner_id OR s.item_id <> l.item_id OR p.site <> r.site""",
}
