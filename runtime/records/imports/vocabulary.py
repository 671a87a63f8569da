"""Words in the headers of order files: what kind of value they announce, and which thing they mean.

Two tables of data: :data:`KIND_WORDS` (a word in a header → kind of content) and :data:`CONCEPTS` (names of one and
the same column in different systems). Add words here, not code elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "text",
    "long_text",
    "number",
    "currency",
    "percent",
    "checkbox",
    "date",
    "datetime",
    "single_select",
    "multi_select",
    "phone",
    "email",
    "url",
    "duration",
]
"""The kinds a column can be guessed to be; each is a field type of the same name."""

Hint: TypeAlias = Kind | Literal["identifier"]
"""What a header announces. ``identifier``: numbers and codes that name things and are never added up."""

# The first that matches counts, so more telling words stand first: 付款时间 is a time, 付款单号 an identifier.
KIND_WORDS: tuple[tuple[Hint, str], ...] = (
    ("phone", r"手机|电话|联系方式|\b(?:phone|mobile|cell ?phone|tel|telephone)\b"),
    ("email", r"邮箱|电子邮件|\be-?mail\b"),
    ("url", r"网址|链接|主页|\b(?:url|link|website|home ?page)\b"),
    ("checkbox", r"^(?:是否|是不是|有无|可否|能否)|^(?:is|has|can|should) |\?$"),
    ("duration", r"时长|用时|耗时|历时|工时|\b(?:duration|elapsed|time spent)\b"),
    ("multi_select", r"标签|\b(?:tags?|labels?|keywords?)\b"),
    ("datetime", r"时间|时刻|\b(?:time|timestamp|datetime)\b| at$|\b(?:created|updated|modified) on\b"),
    (
        "date",
        r"日期|生日|出生|年月日|(?:发货|下单|到货|付款|签收|生产|交货|截止|到期)日$|\b(?:date|birthday|deadline|dob)\b",
    ),
    (
        "identifier",
        r"编号|单号|编码|条码|条形码|货号|款号|运单|快递单|流水号|身份证|证件|邮编|账号|帐号|卡号|[^型尺信符]号$"
        r"|\b(?:id|ids|pk|no|num|code|sku|upc|ean|barcode|zip|postal ?code|serial|tracking)\b",
    ),
    (
        "long_text",
        r"备注|留言|说明|描述|评价|评论|内容|详情|原因|\b(?:remarks?|notes?|comments?|descriptions?|memo|message)\b",
    ),
    ("percent", r"率$|率\b|占比|百分比|比例|折扣|%|\b(?:rate|percent|percentage|ratio|discount)\b"),
    (
        "currency",
        r"金额|单价|价格|售价|原价|总价|进价|成本价|价$|总额|余额|销售额|成交额|营业额|额$|运费|邮费|服务费|手续费|费用|费$"
        r"|货款|退款$|实付|应付|实收|应收|成本|利润|佣金|积分抵扣|优惠|红包|小计|合计"
        r"|\b(?:amount|price|cost|fee|total|subtotal|freight|revenue|profit|sales|payment value|refund|balance|paid|payable)\b",
    ),
    (
        "number",
        r"数量|件数|个数|次数|库存|重量|体积|长度|年龄|\b(?:qty|quantity|count|stock|weight|length|height|width|units)\b",
    ),
    (
        "single_select",
        r"状态|类型|类别|分类|品类|渠道|来源|方式|等级|级别|性别|平台|店铺|仓库|品牌|地区|区域|大区|省份|省|细分|优先级|阶段|国家"
        r"|\b(?:status|state|type|category|channel|source|level|gender|sex|method|brand|region|segment|mode|platform|priority|"
        r"stage|country|warehouse|shop|store)\b",
    ),
)
_KIND_PATTERNS = tuple((hint, re.compile(words)) for hint, words in KIND_WORDS)

# Each line: the names of one concept; the first is its usual name. Compared after `normalise`.
CONCEPTS: tuple[tuple[str, ...], ...] = (
    ("订单编号", "订单号", "订单id", "订单单号", "平台单号", "交易编号", "交易号", "主订单编号", "线上单号", "原始单号", "来源单号",
     "order id", "order no", "order number", "order", "trade id", "tid"),
    ("子订单编号", "子订单号", "子单号", "明细编号", "行号", "行id", "order item id", "line id", "line item id", "row id", "oid"),
    ("渠道来源", "渠道", "来源", "来源渠道", "销售渠道", "订单来源", "平台", "来源平台", "channel", "source", "platform", "sales channel"),
    ("店铺", "店铺名称", "店铺名", "网店", "shop", "shop name", "store", "store name"),
    ("应付金额", "总金额", "订单金额", "订单总额", "订单总金额", "买家应付货款", "应付货款", "商品总额", "总价", "合计金额", "应收金额",
     "amount", "total", "total amount", "order amount", "order total", "amount payable", "payable"),
    ("实付金额", "买家实际支付金额", "实际支付金额", "买家实付金额", "实付款", "实付", "实收金额", "实收款", "支付金额", "付款金额", "买家实付",
     "已付金额", "总支付金额", "paid amount", "amount paid", "paid", "payment", "payment value", "actual payment", "paid total"),
    ("退款金额", "退款", "退款总额", "退货金额", "refund", "refund amount", "refunded amount"),
    ("优惠金额", "优惠", "折扣金额", "优惠总额", "discount amount", "coupon amount"),
    ("折扣", "折扣率", "discount", "discount rate"),
    ("运费", "邮费", "快递费", "物流费用", "买家应付邮费", "freight", "freight value", "shipping fee", "shipping cost", "postage"),
    ("下单时间", "订单创建时间", "创建时间", "下单日期", "订单日期", "订单时间", "拍下时间", "订单提交时间", "提交时间",
     "order date", "order time", "created at", "created time", "create time", "order purchase timestamp", "purchase time", "ordered at"),
    ("付款时间", "订单付款时间", "支付时间", "付款日期", "支付日期", "订单支付时间", "paid at", "payment time", "pay time", "payment date",
     "order approved at", "approved at"),
    ("发货时间", "发货日期", "出库时间", "shipped at", "ship date", "shipped date", "ship time", "shipping time",
     "order delivered carrier date"),
    ("签收时间", "收货时间", "确认收货时间", "妥投时间", "签收日期", "delivered at", "delivery date", "received at",
     "order delivered customer date"),
    ("预计送达时间", "预计送达日期", "预计到货时间", "要求到货日期", "order estimated delivery date", "estimated delivery date",
     "required date", "shipping limit date"),
    ("完成时间", "订单完成时间", "交易完成时间", "交易成功时间", "finished at", "completed at", "end time"),
    ("订单状态", "状态", "交易状态", "单据状态", "order status", "status", "state"),
    ("退款状态", "售后状态", "refund status", "after sale status"),
    ("客户手机号", "手机", "手机号", "手机号码", "联系手机", "收货人手机", "收货人手机号", "收件人手机", "收件人手机号", "收件人电话", "收货人电话",
     "买家手机", "联系电话", "联系方式", "电话", "电话号码", "客户电话", "phone", "phone number", "mobile", "mobile phone", "tel",
     "telephone", "customer phone", "buyer phone", "receiver mobile", "receiver phone", "contact number"),
    ("客户姓名", "客户", "客户名称", "客户名", "买家", "买家姓名", "顾客", "顾客姓名", "会员名称", "customer", "customer name", "buyer",
     "buyer name", "client", "client name", "company name"),
    ("买家昵称", "买家会员名", "买家账号", "旺旺", "旺旺号", "会员名", "用户昵称", "昵称", "nickname", "buyer nick", "buyer account"),
    ("客户编号", "客户id", "客户编码", "会员编号", "会员id", "用户id", "买家id", "customer id", "customer no", "customer code", "buyer id",
     "user id", "customer unique id", "client id"),
    ("收货人", "收件人", "收货人姓名", "收件人姓名", "receiver", "receiver name", "recipient", "consignee", "ship name"),
    ("收货地址", "收件地址", "地址", "详细地址", "收货人地址", "收件人地址", "送货地址", "配送地址", "address", "shipping address",
     "receiver address", "ship address", "delivery address"),
    ("省份", "省", "省自治区", "收货省份", "所在省", "province", "customer state", "ship region", "receiver state"),
    ("城市", "市", "收货城市", "所在城市", "city", "customer city", "ship city", "receiver city"),
    ("区县", "区", "县", "收货区县", "district", "county", "receiver district"),
    ("地区", "区域", "大区", "region", "area"),
    ("国家", "国家地区", "country", "ship country"),
    ("邮编", "邮政编码", "postal code", "postcode", "zip", "zip code", "ship postal code", "customer zip code prefix"),
    ("备注", "订单备注", "卖家备注", "商家备注", "客服备注", "内部备注", "remark", "remarks", "note", "notes", "memo", "seller memo", "comment"),
    ("买家留言", "客户留言", "买家备注", "留言", "buyer message", "buyer remark", "customer note", "message"),
    ("运单号", "快递单号", "物流单号", "物流运单号", "运单编号", "快递编号", "waybill", "waybill no", "waybill number", "tracking no",
     "tracking number", "tracking code", "express no"),
    ("物流公司", "快递公司", "承运商", "快递", "carrier", "shipping company", "logistics company", "express company", "ship via"),
    ("邮寄方式", "配送方式", "发货方式", "运送方式", "ship mode", "shipping method", "delivery method"),
    ("支付方式", "付款方式", "支付类型", "payment method", "payment type", "pay type"),
    ("商品编号", "商品id", "产品id", "产品编号", "商品编码", "货品编号", "宝贝id", "product id", "item id", "product code", "goods id",
     "num iid", "product no"),
    ("SKU", "sku编码", "sku编号", "sku id", "商家编码", "规格编码", "货号", "商品货号", "款号", "sku code", "seller sku", "outer id"),
    ("商品名称", "商品", "商品标题", "产品名称", "品名", "宝贝标题", "货品名称", "产品", "product", "product name", "item name", "title",
     "goods name", "item title"),
    ("规格", "商品规格", "规格型号", "型号", "颜色分类", "商品属性", "销售属性", "spec", "specification", "variant", "model"),
    ("条码", "条形码", "商品条码", "barcode", "ean", "upc", "gtin"),
    ("类别", "商品类别", "商品分类", "类目", "品类", "分类", "产品类别", "category", "category name", "product category",
     "product category name"),
    ("子类别", "二级类目", "子分类", "sub category"),
    ("品牌", "品牌名称", "brand", "brand name"),
    ("数量", "购买数量", "商品数量", "件数", "订购数量", "下单数量", "宝贝总数量", "销量", "qty", "quantity", "count", "units", "num"),
    ("单价", "商品单价", "价格", "售价", "销售价", "商品价格", "price", "unit price", "item price", "sale price"),
    ("销售额", "成交金额", "成交额", "营业额", "sales", "revenue", "sales amount"),
    ("成本", "成本价", "进价", "采购价", "cost", "unit cost", "purchase price"),
    ("利润", "毛利", "profit", "margin", "gross profit"),
    ("仓库", "发货仓库", "仓库名称", "库位", "货位", "warehouse", "location", "bin"),
    ("库存", "库存数量", "可用库存", "现有库存", "stock", "inventory", "on hand", "units in stock", "stock quantity"),
    ("供应商", "供货商", "供应商名称", "卖家", "supplier", "supplier name", "vendor", "seller", "seller id", "supplier id"),
    ("负责人", "业务员", "销售人员", "跟单员", "客服", "地区经理", "owner", "sales rep", "salesperson", "manager", "employee", "employee id"),
    ("邮箱", "电子邮箱", "电子邮件", "email", "mail", "email address"),
    ("发票抬头", "抬头", "开票抬头", "invoice title"),
    ("发票号", "发票号码", "invoice no", "invoice number"),
    ("性别", "gender", "sex"),
    ("生日", "出生日期", "birthday", "birth date", "date of birth"),
    ("标签", "客户标签", "订单标签", "tags", "tag", "labels"),
    ("细分", "客户类型", "客户分类", "客户等级", "会员等级", "segment", "customer type", "customer level"),
)  # fmt: skip


def hint_of(header: str) -> Hint | None:
    """The kind of content a header announces; nothing if it announces none."""
    text = words(header)
    return next((hint for hint, pattern in _KIND_PATTERNS if pattern.search(text)), None)


def words(header: str) -> str:
    """A header as lower-case words: full-width made half-width, ``order_id`` and ``orderID`` made ``order id``."""
    text = unicodedata.normalize("NFKC", header)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return " ".join(re.sub(r"[_\-./\\]+", " ", text).lower().split())


def normalise(header: str) -> str:
    """A header as it is compared: lower-case letters, digits and Chinese characters, without brackets' contents.

    ``买家实际支付金额(元)`` and ``买家实际支付金额`` are equal, so are ``Order ID`` and ``order_id``.
    """
    text = re.sub(r"\([^)]*\)|\[[^\]]*\]|【[^】]*】", "", words(header)) or words(header)
    return re.sub(r"[^0-9a-z一-鿿]+", "", text)


_CONCEPT_OF: dict[str, int] = {
    normalise(name): index for index, names in reversed(list(enumerate(CONCEPTS))) for name in names
}


def concept_of(header: str) -> int | None:
    """The number of the concept a header names (an index of :data:`CONCEPTS`); nothing if it is none of them."""
    return _CONCEPT_OF.get(normalise(header))
