"""The laws of goods between sites and of goods that come back, each a query for what contradicts it."""

NETWORK_LAWS = {
    "what a transfer sent is received, lost or in transit": """
        SELECT n.id::text, format('%s reserved and under way, %s promised', n.reserved + n.shipped - n.received - n.lost,
                                  coalesce(g.q, 0))
        FROM transfer_line n
        LEFT JOIN (SELECT line_id, sum(quantity) AS q FROM transfer_goods GROUP BY 1) g ON g.line_id = n.id
        WHERE n.reserved + n.shipped - n.received - n.lost <> coalesce(g.q, 0)
        UNION ALL
        SELECT g.id::text, format('%s under way, %s reserved', g.quantity, r.quantity)
        FROM transfer_goods g JOIN reservation r ON r.id = g.reservation_id
        WHERE g.quantity <> r.quantity OR g.stock_id <> r.stock_id""",
    "what is under way lies in transit": """
        SELECT g.id::text, format('%s at %s', g.quantity, l.name)
        FROM transfer_goods g JOIN transfer t ON t.id = g.transfer_id JOIN stock s ON s.id = g.stock_id
        LEFT JOIN unit u ON u.id = s.place_id JOIN location l ON l.id = coalesce(u.location_id, s.place_id)
        WHERE g.quantity > 0 AND t.shipped_at IS NOT NULL AND l.id <> t.transit_id""",
    "no more comes back than left": """
        SELECT e.id::text, format('%s left, %s counted back, %s on returns', e.quantity, r.returned, coalesce(n.q, 0))
        FROM returned_entry r JOIN stock_entry e ON e.id = r.entry_id
        LEFT JOIN (SELECT entry_id, sum(quantity) AS q FROM return_line GROUP BY 1) n ON n.entry_id = e.id
        WHERE r.returned > e.quantity OR r.returned <> coalesce(n.q, 0) OR r.shipped <> e.quantity""",
}
